// CIBA: the agency asks without a browser, is told to wait, then given the tokens.

import assert from "node:assert";
import * as oauth from "oauth4webapi";
import { answerRequest } from "../stage.mjs";
import { newcomer } from "./party.mjs";

export default async ({ citizen }) => {
  const { as, client, authentication, options } = await newcomer({
    grant_types: ["urn:openid:params:grant-type:ciba"],
    redirect_uris: [],
    response_types: [],
    backchannel_token_delivery_mode: "poll",
  });
  const parameters = { scope: "openid", login_hint: citizen, binding_message: "W4-SCT", requested_expiry: "120" };
  const asked = await oauth.backchannelAuthenticationRequest(as, client, authentication, parameters, options);
  const started = await oauth.processBackchannelAuthenticationResponse(as, client, asked);
  const poll = async () =>
    oauth.processBackchannelAuthenticationGrantResponse(
      as,
      client,
      await oauth.backchannelAuthenticationGrantRequest(as, client, authentication, started.auth_req_id, options),
    );
  await assert.rejects(poll(), { error: "authorization_pending" });
  await answerRequest();
  const tokens = await poll();
  assert(started.expires_in <= 120);
  return { sub: oauth.getValidatedIdTokenClaims(tokens).sub };
};
