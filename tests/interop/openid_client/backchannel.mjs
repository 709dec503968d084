// CIBA: the agency asks without a browser, the person answers in the account; by asking again, or told by a ping.

import assert from "node:assert";
import * as client from "openid-client";
import { answerRequest, listening } from "../stage.mjs";
import { makeKey, newcomer } from "./registered.mjs";

const PINGED = { client_notification_token: client.randomState() };

export default async ({ mode, citizen }) => {
  const key = await makeKey("ES256");
  const isPinged = mode === "ping";
  const here = isPinged && (await listening());
  const config = await newcomer(
    {
      grant_types: ["urn:openid:params:grant-type:ciba"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [key.jwk] },
      backchannel_token_delivery_mode: mode,
      ...(isPinged && { backchannel_client_notification_endpoint: `${here.url}/ping` }),
    },
    client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
  );
  const started = await client.initiateBackchannelAuthentication(config, {
    scope: "openid",
    login_hint: citizen,
    binding_message: "W4-SCT",
    ...(isPinged && PINGED),
  });
  await answerRequest();
  if (isPinged) {
    const { path, authorization, body } = await here.call;
    assert.deepEqual([path, authorization], ["/ping", `Bearer ${PINGED.client_notification_token}`]);
    assert.deepEqual(JSON.parse(body), { auth_req_id: started.auth_req_id });
  }
  // the library waits this long before it asks the first time; the answer is there already
  const tokens = await client.pollBackchannelAuthenticationGrant(config, { ...started, interval: 1 });
  return { sub: tokens.claims().sub, mode };
};
