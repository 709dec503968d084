// The two ceremonies of a passkey: adding one (#passkey_new_form) and signing in with one (#passkey_form).
// Whatever goes wrong in the browser is shown as one neutral block: it cannot tell a cancelled prompt from a missing passkey.

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

async function addPasskey(form) {
  const { ceremony, publicKey } = await post("/passkeys/new/options", { link: form.elements.link.value });
  const credential = await startRegistration({ optionsJSON: publicKey });
  return post("/passkeys/new/register", { ceremony, credential, nickname: form.elements.nickname.value });
}

async function signIn(form) {
  const flow = form.elements.flow.value || null;
  const { ceremony, publicKey } = await post("/sign-in/options", { flow });
  const credential = await startAuthentication({ optionsJSON: publicKey });
  return post("/sign-in/passkey", { ceremony, credential, flow, return: form.elements.return.value || null });
}

function showFailure(error) {
  const failure = document.getElementById("passkey_failure");
  const problem = error instanceof ServerRefusal ? error.problem : failure.dataset;
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
      location.assign(next);
    } catch (error) {
      button.disabled = false;
      showFailure(error);
    }
  });
  button.disabled = false;
}

attach("passkey_new_form", addPasskey);
attach("passkey_form", signIn);
