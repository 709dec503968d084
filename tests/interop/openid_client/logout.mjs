// Signing out by the client's wish, and the logout token that the issuer sends, checked by jose.

import assert from "node:assert";
import { createLocalJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";
import { issuer, listening, visit, wayTo } from "../stage.mjs";
import { newcomer, signIn } from "./registered.mjs";

const AFTER = "https://client.example/signed-out";

export default async () => {
  const here = await listening();
  const config = await newcomer({
    post_logout_redirect_uris: [AFTER],
    backchannel_logout_uri: `${here.url}/logout`,
    backchannel_logout_session_required: true,
  });
  const tokens = await signIn(config);
  const claims = tokens.claims();
  const out = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: AFTER,
    state: "as-sent",
  });
  const landed = await visit(out);
  assert.equal(landed.href, `${AFTER}?state=as-sent`);

  const { path, body } = await here.call;
  const keys = await (await wayTo()(config.serverMetadata().jwks_uri)).json();
  const { payload } = await jwtVerify(new URLSearchParams(body).get("logout_token"), createLocalJWKSet(keys), {
    issuer,
    audience: config.clientMetadata().client_id,
    typ: "logout+jwt",
    maxTokenAge: "2 minutes",
    requiredClaims: ["jti", "iat", "events"],
  });
  assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
  assert.deepEqual([payload.sub, payload.sid], [claims.sub, claims.sid]);
  assert(!("nonce" in payload));
  return { path };
};
