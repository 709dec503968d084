// Asking for single claims, an age of the sign-in and a level of assurance.

import assert from "node:assert";
import * as client from "openid-client";
import { visit } from "../stage.mjs";
import { newcomer, prepared } from "./registered.mjs";

export default async () => {
  const config = await newcomer({ default_max_age: 3600, require_auth_time: true });
  const asked = await prepared({
    scope: "openid",
    max_age: "600",
    acr_values: "urn:tuaton:ial:1.1:aal:1",
    claims: JSON.stringify({ id_token: { given_name: null }, userinfo: { family_name: { essential: true } } }),
  });
  const landed = await visit(client.buildAuthorizationUrl(config, asked.parameters));
  const tokens = await client.authorizationCodeGrant(config, landed, { ...asked.checks, maxAge: 600 });
  const claims = tokens.claims();
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert(claims.auth_time <= claims.iat);
  return { acr: claims.acr, id_token: claims.given_name, userinfo: person.family_name };
};
