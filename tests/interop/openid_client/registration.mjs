// A client looks after its own registration (RFC 7592) with the token it was given.

import assert from "node:assert";
import * as client from "openid-client";
import { newcomer } from "./registered.mjs";

export default async () => {
  const config = await newcomer({ client_name: "A stranger", contacts: ["ops@client.example"] });
  const registered = config.clientMetadata();
  assert.equal(registered.client_secret_expires_at, 0);
  const call = (method, body) =>
    client.fetchProtectedResource(
      config,
      registered.registration_access_token,
      new URL(registered.registration_client_uri),
      method,
      body && JSON.stringify(body),
      new Headers(body ? { "content-type": "application/json" } : {}),
    );
  const read = await (await call("GET")).json();
  assert.equal(read.client_name, "A stranger");
  const { client_id, redirect_uris } = read;
  const changed = await (await call("PUT", { client_id, redirect_uris, client_name: "A friend" })).json();
  assert.equal((await call("DELETE")).status, 204);
  await assert.rejects(call("GET"), { status: 401 });
  return { before: read.contacts, name: changed.client_name, after: changed.contacts ?? null };
};
