// A device without a browser: told to wait, then given its tokens.

import assert from "node:assert";
import * as oauth from "oauth4webapi";
import { enterCode } from "../stage.mjs";
import { newcomer, userinfo } from "./party.mjs";

export default async () => {
  const party = await newcomer({
    grant_types: ["urn:ietf:params:oauth:grant-type:device_code"],
    redirect_uris: [],
    response_types: [],
  });
  const { as, client, authentication, options } = party;
  const asked = await oauth.deviceAuthorizationRequest(
    as,
    client,
    authentication,
    { scope: "openid profile" },
    options,
  );
  const started = await oauth.processDeviceAuthorizationResponse(as, client, asked);
  const poll = async () =>
    oauth.processDeviceCodeResponse(
      as,
      client,
      await oauth.deviceCodeGrantRequest(as, client, authentication, started.device_code, options),
    );
  await assert.rejects(poll(), { error: "authorization_pending" });
  await enterCode(started.verification_uri_complete);
  const tokens = await poll();
  await assert.rejects(poll(), { error: "invalid_grant" });
  return { person: await userinfo(party, tokens) };
};
