// A signed request (JAR) in the address itself, from a client that signs all of them.

import * as client from "openid-client";
import { makeKey, newcomer, signIn } from "./registered.mjs";

export default async (given) => {
  const key = await makeKey(given.alg);
  const config = await newcomer({
    request_object_signing_alg: given.alg,
    require_signed_request_object: true,
    jwks: { keys: [key.jwk] },
  });
  const build = (_, parameters) =>
    client.buildAuthorizationUrlWithJAR(config, parameters, { key: key.privateKey, kid: key.kid });
  const tokens = await signIn(config, { build });
  return { sub: tokens.claims().sub };
};
