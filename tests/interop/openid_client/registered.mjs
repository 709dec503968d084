// Configurations of openid-client: newcomers that register themselves, and clients that the issuer knows already.

import { exportJWK, generateKeyPair } from "jose";
import * as client from "openid-client";
import { issuer, REDIRECT_URI, SCOPE, visit, wayTo } from "../stage.mjs";

/** A fresh key pair and its public half as a JWK. */
export const makeKey = async (alg, use = "sig") => {
  const pair = await generateKeyPair(alg, { extractable: true });
  const kid = crypto.randomUUID();
  return { ...pair, kid, alg, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use } };
};

/** A client that registered itself a moment ago, strict about every signature. */
export const newcomer = async (metadata = {}, authentication = client.ClientSecretBasic(), certificate) => {
  const config = await client.dynamicClientRegistration(
    new URL(issuer),
    { redirect_uris: [REDIRECT_URI], grant_types: ["authorization_code", "refresh_token"], scope: SCOPE, ...metadata },
    authentication,
    { [client.customFetch]: wayTo(certificate) },
  );
  client.enableNonRepudiationChecks(config);
  return config;
};

/** A client of the FAPI profile, which the issuer knows already. */
export const known = async (clientId, authentication, metadata, certificate) => {
  const config = await client.discovery(new URL(issuer), clientId, metadata, authentication, {
    [client.customFetch]: wayTo(certificate),
  });
  client.enableNonRepudiationChecks(config);
  return config;
};

/** The parameters of a request, and the checks its answer must pass. */
export const prepared = async (more = {}) => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  return {
    parameters: {
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...more,
    },
    checks: { pkceCodeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
  };
};

/** From the request to the tokens, the browser between. `build` makes the address of the request. */
export const signIn = async (config, { parameters, options, build = client.buildAuthorizationUrl } = {}) => {
  const asked = await prepared(parameters);
  const landed = await visit(await build(config, asked.parameters));
  return client.authorizationCodeGrant(config, landed, asked.checks, undefined, options);
};

/** True when the issuer refuses with this error. */
export const isRefused = async (attempt, error) => {
  try {
    await attempt;
  } catch (refusal) {
    if (refusal.error === error || refusal.cause?.[0]?.parameters?.error === error) return true;
    throw refusal;
  }
  return false;
};
