// OpenID Connect Session Management 1.0, section 3.2: a client's frame sends "client_id session_state"; the answer says whether
// the session that this value was made for still goes on. Nothing else leaves this page.

const browserState = () =>
  document.cookie.split("; ").find((cookie) => /^(__Host-)?id-browser-state=/.test(cookie))?.split("=")[1] ?? "";

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function judge(message, origin) {
  const [, clientId, sessionState] = /^(\S{1,256}) (\S{1,256})$/.exec(typeof message === "string" ? message : "") ?? [];
  const salt = sessionState?.split(".")[1];
  if (!salt) return "error";
  const text = new TextEncoder().encode(`${clientId} ${origin} ${browserState()} ${salt}`);
  const digest = await crypto.subtle.digest("SHA-256", text);
  return `${hex(digest)}.${salt}` === sessionState ? "unchanged" : "changed";
}

addEventListener("message", async (event) => {
  event.source?.postMessage(await judge(event.data, event.origin), event.origin);
});
