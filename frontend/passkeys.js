// Makes and uses passkeys: a form marked data-passkey asks the browser first, and sends what it answered.
// Without this script such a form stays hidden, and the page says what to do instead.

const fromText = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const withId = (entry) => ({ ...entry, id: fromText(entry.id) });

function readable(options) {
  const read = { ...options, challenge: fromText(options.challenge) };
  if (options.user) read.user = withId(options.user);
  if (options.allowCredentials) read.allowCredentials = options.allowCredentials.map(withId);
  if (options.excludeCredentials) read.excludeCredentials = options.excludeCredentials.map(withId);
  return read;
}

function sendable(credential) {
  const response = { clientDataJSON: toText(credential.response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The challenge was refused: ${answer.status}`);
  return (await answer.json()).request_options;
}

async function ask(form) {
  const publicKey = readable((await optionsOf(form)).publicKey);
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey });
}

const SAID = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };

function enhance(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  const button = form.querySelector("button[type=submit]");
  const say = (words) => {
    problem.textContent = words;
    problem.hidden = !words;
  };
  let asking = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    button.setAttribute("aria-disabled", "true");
    say("");
    try {
      form.elements.credential.value = JSON.stringify(sendable(await ask(form)));
      form.submit();
      return;
    } catch (error) {
      say(form.dataset[SAID[error.name]] || form.dataset.failed);
    }
    asking = false;
    button.removeAttribute("aria-disabled");
  });
  form.hidden = false;
}

for (const part of document.querySelectorAll("[data-passkeys]")) {
  const able = "credentials" in navigator && "PublicKeyCredential" in window;
  const without = part.querySelector("[data-passkeys-without]");
  if (able) {
    if (without) without.hidden = true;
    part.querySelectorAll("form[data-passkey]").forEach(enhance);
  } else if (without && part.dataset.unsupported) {
    without.textContent = part.dataset.unsupported;
  }
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
