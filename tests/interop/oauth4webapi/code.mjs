// Discovery, registration, code with PKCE, userinfo; the method of client authentication is given.

import * as oauth from "oauth4webapi";
import { methods, newcomer, signIn, userinfo } from "./party.mjs";

export default async ({ method }) => {
  const party = await newcomer({ token_endpoint_auth_method: method }, methods[method]);
  const tokens = await signIn(party);
  const person = await userinfo(party, tokens);
  return { sub: oauth.getValidatedIdTokenClaims(tokens).sub, person };
};
