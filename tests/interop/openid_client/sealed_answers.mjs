// ID token and userinfo signed, or signed and then encrypted to the client's key, by the algorithms given.

import assert from "node:assert";
import * as client from "openid-client";
import { heard } from "../stage.mjs";
import { makeKey, newcomer, signIn } from "./registered.mjs";

export default async (given) => {
  const { sign, alg, enc } = given;
  const metadata = { id_token_signed_response_alg: sign, userinfo_signed_response_alg: sign };
  const key = alg && (await makeKey(alg, "enc"));
  if (key) {
    Object.assign(metadata, {
      jwks: { keys: [key.jwk] },
      id_token_encrypted_response_alg: alg,
      id_token_encrypted_response_enc: enc,
      userinfo_encrypted_response_alg: alg,
      userinfo_encrypted_response_enc: enc,
    });
  }
  const config = await newcomer(metadata);
  if (key) client.enableDecryptingResponses(config, [enc], { key: key.privateKey, alg, kid: key.kid });
  const tokens = await signIn(config);
  assert.equal(tokens.id_token.split(".").length, key ? 5 : 3);
  const claims = tokens.claims();
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  return { sub: claims.sub, email: person.email, type: heard.findLast((answer) => answer.path === "/userinfo").type };
};
