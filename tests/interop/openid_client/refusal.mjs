// What a citizen refuses comes back as an error that the library believes: right issuer, right state.

import assert from "node:assert";
import * as client from "openid-client";
import { issuer, visit } from "../stage.mjs";
import { newcomer, prepared } from "./registered.mjs";

export default async () => {
  const config = await newcomer();
  const silent = await prepared({ prompt: "none" });
  const back = await visit(client.buildAuthorizationUrl(config, silent.parameters));
  await assert.rejects(client.authorizationCodeGrant(config, back, silent.checks), { error: "login_required" });

  const asked = await prepared();
  const landed = await visit(client.buildAuthorizationUrl(config, asked.parameters), "deny");
  await assert.rejects(client.authorizationCodeGrant(config, landed, asked.checks), { error: "access_denied" });
  return { iss: landed.searchParams.get("iss") };
};
