// A device without a browser: its code, the person who allows it elsewhere, its tokens.

import * as client from "openid-client";
import { enterCode } from "../stage.mjs";
import { newcomer } from "./registered.mjs";

export default async () => {
  const config = await newcomer({
    grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    redirect_uris: [],
    response_types: [],
  });
  const started = await client.initiateDeviceAuthorization(config, { scope: "openid profile" });
  await enterCode(started.verification_uri_complete);
  // the library waits this long before it asks the first time; the answer is there already
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...started, interval: 1 });
  const claims = tokens.claims();
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  return { code: started.user_code, uri: started.verification_uri, person };
};
