// A relying party on oauth4webapi, which leaves every step to its caller: each is written out once here.

import * as oauth from "oauth4webapi";
import { issuer, REDIRECT_URI, SCOPE, visit, wayTo } from "../stage.mjs";

export const methods = {
  client_secret_basic: (client) => oauth.ClientSecretBasic(client.client_secret),
  client_secret_post: (client) => oauth.ClientSecretPost(client.client_secret),
};

/** The issuer as its metadata say, and a way to it. */
export const discover = async (certificate) => {
  const options = { [oauth.customFetch]: wayTo(certificate) };
  const answer = await oauth.discoveryRequest(new URL(issuer), options);
  return { as: await oauth.processDiscoveryResponse(new URL(issuer), answer), options };
};

/** A client that registered itself a moment ago; `authentication` is made from what it was answered. */
export const newcomer = async (metadata = {}, authentication = methods.client_secret_basic, certificate) => {
  const { as, options } = await discover(certificate);
  const wanted = { redirect_uris: [REDIRECT_URI], grant_types: ["authorization_code", "refresh_token"], scope: SCOPE };
  const answer = await oauth.dynamicClientRegistrationRequest(as, { ...wanted, ...metadata }, options);
  const client = await oauth.processDynamicClientRegistrationResponse(answer);
  return { as, options, client, authentication: authentication(client) };
};

/** The parameters of a request, and what its answer is checked against. */
export const prepared = async (client, more = {}) => {
  const verifier = oauth.generateRandomCodeVerifier();
  const parameters = new URLSearchParams({
    client_id: client.client_id,
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  });
  return { verifier, parameters };
};

/** Once more where the issuer asks for a newer nonce in the proof: the library leaves that to its caller. */
export const withNonce = async (attempt) => {
  try {
    return await attempt();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return attempt();
  }
};

/** The request pushed (RFC 9126); gives the address for the browser. */
export const push = async ({ as, client, authentication, options }, parameters, more = {}) => {
  const pushed = await withNonce(async () => {
    const answer = await oauth.pushedAuthorizationRequest(as, client, authentication, parameters, {
      ...options,
      ...more,
    });
    return oauth.processPushedAuthorizationResponse(as, client, answer);
  });
  return address(as, { client_id: client.client_id, request_uri: pushed.request_uri });
};

/** Where the browser goes with these parameters. */
export const address = (as, parameters) => {
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams(parameters).toString();
  return url;
};

/** Code for tokens, the ID token and its signature checked. `answer` is what came back through the browser. */
export const redeem = async (party, asked, answer, more = {}) => {
  const { as, client, authentication, options } = party;
  return withNonce(async () => {
    const redirectUri = asked.parameters.get("redirect_uri");
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      answer,
      redirectUri,
      asked.verifier,
      { ...options, ...more },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: asked.parameters.get("nonce"),
      requireIdToken: true,
      ...more,
    });
    await oauth.validateApplicationLevelSignature(as, response, options);
    return tokens;
  });
};

/** From the request to the tokens, the browser between. */
export const signIn = async (party, more = {}, extra = {}) => {
  const asked = await prepared(party.client, extra);
  const landed = await visit(address(party.as, asked.parameters));
  const answer = oauth.validateAuthResponse(party.as, party.client, landed, asked.parameters.get("state"));
  return redeem(party, asked, answer, more);
};

/** Who signed in, by the userinfo endpoint; its signature checked where there is one. */
export const userinfo = async ({ as, client, options }, tokens, more = {}) => {
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  return withNonce(async () => {
    const response = await oauth.userInfoRequest(as, client, tokens.access_token, { ...options, ...more });
    const person = await oauth.processUserInfoResponse(as, client, sub, response, more);
    if (response.headers.get("content-type") === "application/jwt") {
      await oauth.validateApplicationLevelSignature(as, response, options);
    }
    return person;
  });
};
