// Signed, then encrypted: ID token, userinfo and introspection, decrypted by jose as the library's documents show.

import assert from "node:assert";
import { compactDecrypt, exportJWK, generateKeyPair } from "jose";
import * as oauth from "oauth4webapi";
import { newcomer, signIn, userinfo } from "./party.mjs";

export default async ({ alg, enc }) => {
  const key = await generateKeyPair(alg, { extractable: true });
  const party = await newcomer({
    jwks: { keys: [{ ...(await exportJWK(key.publicKey)), kid: "own", use: "enc", alg }] },
    id_token_signed_response_alg: "ES256",
    id_token_encrypted_response_alg: alg,
    id_token_encrypted_response_enc: enc,
    userinfo_signed_response_alg: "PS256",
    userinfo_encrypted_response_alg: alg,
    userinfo_encrypted_response_enc: enc,
    introspection_signed_response_alg: "ES256",
  });
  const headers = [];
  const decrypting = {
    [oauth.jweDecrypt]: async (jwe) => {
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, key.privateKey, {
        keyManagementAlgorithms: [alg],
        contentEncryptionAlgorithms: [enc],
      });
      headers.push(protectedHeader);
      return new TextDecoder().decode(plaintext);
    },
  };
  const tokens = await signIn(party, decrypting);
  const person = await userinfo(party, tokens, decrypting);
  const { as, client, authentication, options } = party;
  const response = await oauth.introspectionRequest(as, client, authentication, tokens.access_token, options);
  const found = await oauth.processIntrospectionResponse(as, client, response);
  await oauth.validateApplicationLevelSignature(as, response, options);
  assert.equal(found.sub, person.sub);
  return { headers, email: person.email };
};
