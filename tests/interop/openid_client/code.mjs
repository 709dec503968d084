// Discovery, registration, code with PKCE, userinfo; the method of client authentication is given.

import assert from "node:assert";
import * as client from "openid-client";
import { issuer } from "../stage.mjs";
import { newcomer, signIn } from "./registered.mjs";

export default async (given) => {
  const methods = {
    client_secret_basic: client.ClientSecretBasic,
    client_secret_post: client.ClientSecretPost,
    none: client.None,
  };
  const config = await newcomer({ token_endpoint_auth_method: given.method }, methods[given.method]());
  assert.equal(config.serverMetadata().issuer, issuer);
  assert(config.serverMetadata().supportsPKCE());

  const tokens = await signIn(config);
  const claims = tokens.claims();
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  return { sub: claims.sub, person, method: config.clientMetadata().token_endpoint_auth_method };
};
