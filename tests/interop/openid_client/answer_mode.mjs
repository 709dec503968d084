// The answer in another form: a form, a JWT, a JWT in a form (JARM).

import * as client from "openid-client";
import { newcomer, signIn } from "./registered.mjs";

export default async (given) => {
  const config = await newcomer({ authorization_signed_response_alg: given.alg });
  if (given.mode.endsWith("jwt")) client.useJwtResponseMode(config);
  const tokens = await signIn(config, { parameters: { response_mode: given.mode } });
  return { sub: tokens.claims().sub };
};
