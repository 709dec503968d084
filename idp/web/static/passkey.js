// The ceremonies of a passkey: adding one by a link (#passkey_new_form) or in my account (#passkey_own_form), signing in
// with one (#passkey_form), here for another screen (#phone_form), ending a freeze (#unfreeze_form).
// What goes wrong in the browser is told by the name of its DOMException; the words are in the page. A browser does not
// tell a cancelled prompt from a missing passkey, nor do they.

const { browserSupportsWebAuthn, startAuthentication, startRegistration } = globalThis.SimpleWebAuthnBrowser;

class ServerRefusal extends Error {
  constructor(problem) {
    super(problem.code);
    this.problem = problem;
  }
}

async function post(path, document_) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(document_),
  });
  const answer = await response.json();
  if (!response.ok) throw new ServerRefusal(answer);
  return answer;
}

// The link stands behind the # of the address, which browsers send to nobody.
const link = location.hash.slice(1);

async function openLink(place) {
  document.getElementById("language")?.setAttribute("href", document.getElementById("language").href + location.hash);
  try {
    const { name } = await post("/passkeys/new/owner", { link });
    document.getElementById("owner_name").textContent = name;
    place.hidden = false;
  } catch (error) {
    showFailure(error);
  }
}

async function addPasskey(form) {
  const { ceremony, publicKey } = await post("/passkeys/new/options", { link });
  const credential = await startRegistration({ optionsJSON: publicKey });
  return post("/passkeys/new/register", { ceremony, credential, nickname: form.elements.nickname.value });
}

async function addOwnPasskey(form) {
  const register = new URL(form.action).pathname;
  const { ceremony, publicKey } = await post(register.replace(/register$/, "options"), {});
  const credential = await startRegistration({ optionsJSON: publicKey });
  return post(register, { ceremony, credential, nickname: form.elements.nickname.value });
}

async function unfreeze(form) {
  const { ceremony, publicKey } = await post("/unfreeze/options", {});
  const credential = await startAuthentication({ optionsJSON: publicKey });
  return post("/unfreeze/passkey", { ceremony, credential, code: form.elements.code.value });
}

async function signIn(form) {
  const flow = form.elements.flow.value || null;
  const { ceremony, publicKey } = await post("/sign-in/options", { flow });
  const credential = await startAuthentication({ optionsJSON: publicKey });
  return post("/sign-in/passkey", { ceremony, credential, flow, return: form.elements.return.value || null });
}

// On the phone of somebody who signs in on another screen: nobody is signed in here.
async function proveOnPhone(form) {
  const prove = new URL(form.action).pathname;
  const { ceremony, publicKey } = await post(prove.replace(/passkey$/, "options"), {});
  const credential = await startAuthentication({ optionsJSON: publicKey });
  return post(prove, { ceremony, credential });
}

function wordsFor(error, failure) {
  const named = failure.querySelector(`template[data-exception="${CSS.escape(error.name)}"]`);
  return (named ?? failure).dataset;
}

function showFailure(error) {
  const failure = document.getElementById("passkey_failure");
  const problem = error instanceof ServerRefusal ? error.problem : wordsFor(error, failure);
  document.getElementById("failure_title").textContent = problem.title;
  document.getElementById("failure_text").textContent = problem.detail;
  document.getElementById("failure_next").textContent = problem.next;
  document.getElementById("error_code").textContent = problem.code ?? "";
  document.getElementById("failure_code").hidden = !problem.code;
  failure.hidden = false;
  failure.focus();
}

function attach(id, ceremony) {
  const form = document.getElementById(id);
  if (form === null) return;
  if (!browserSupportsWebAuthn()) {
    document.getElementById("passkey_unsupported").hidden = false;
    form.hidden = true;
    return;
  }
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    document.getElementById("passkey_failure").hidden = true;
    try {
      const { next } = await ceremony(form);
      location.replace(next); // the address of this page is not to stay behind: it may hold a link
    } catch (error) {
      button.disabled = false;
      showFailure(error);
    }
  });
  button.disabled = false;
}

attach("passkey_new_form", addPasskey);
attach("passkey_own_form", addOwnPasskey);
attach("passkey_form", signIn);
attach("unfreeze_form", unfreeze);
attach("phone_form", proveOnPhone);

const opened = document.getElementById("passkey_link");
if (opened !== null) {
  openLink(opened);
  // another link opened in the same tab; what skips to a part of this page is none
  addEventListener("hashchange", () => {
    if (document.getElementById(location.hash.slice(1)) === null) location.reload();
  });
}
