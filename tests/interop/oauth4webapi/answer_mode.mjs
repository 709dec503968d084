// The answer as a form, or as a JWT in the address.

import * as oauth from "oauth4webapi";
import { visit } from "../stage.mjs";
import { address, newcomer, prepared, redeem, userinfo } from "./party.mjs";

export default async ({ mode }) => {
  const party = await newcomer({ authorization_signed_response_alg: "ES256" });
  const { as, client, options } = party;
  const asked = await prepared(client, { response_mode: mode });
  const landed = await visit(address(as, asked.parameters));
  const isForm = landed instanceof Request;
  const parameters = isForm ? new URLSearchParams(await oauth.formPostResponse(landed)) : landed.searchParams;
  const state = asked.parameters.get("state");
  const answer = mode.endsWith("jwt")
    ? await oauth.validateJwtAuthResponse(as, client, parameters, state, options)
    : oauth.validateAuthResponse(as, client, parameters, state);
  const tokens = await redeem(party, asked, answer);
  return { sub: (await userinfo(party, tokens)).sub };
};
