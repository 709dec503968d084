// A client that authenticates by a certificate of its own making, in a real TLS handshake.

import assert from "node:assert";
import { X509Certificate } from "node:crypto";
import { exportJWK } from "jose";
import * as client from "openid-client";
import { wayTo } from "../stage.mjs";
import { isRefused, newcomer, signIn } from "./registered.mjs";

export default async (given) => {
  const certificate = new X509Certificate(given.certificate.cert);
  const jwk = { ...(await exportJWK(certificate.publicKey)), x5c: [certificate.raw.toString("base64")], kid: "own" };
  const config = await newcomer(
    {
      token_endpoint_auth_method: "self_signed_tls_client_auth",
      tls_client_certificate_bound_access_tokens: true,
      jwks: { keys: [jwk] },
    },
    client.TlsClientAuth(),
    given.certificate,
  );
  const tokens = await signIn(config);
  const { sub } = tokens.claims();
  await client.fetchUserInfo(config, tokens.access_token, sub);
  config[client.customFetch] = wayTo();
  assert(await isRefused(client.refreshTokenGrant(config, tokens.refresh_token), "invalid_client"));
  return { sub };
};
