// A form with data-passkey asks the device for a passkey and sends what it says: create makes one, get proves one,
// enter opens the door without an address. Such forms are hidden without this file: there is always another way.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

  const text = (buffer) => {
    let signs = "";
    new Uint8Array(buffer).forEach((byte) => { signs += String.fromCharCode(byte); });
    return btoa(signs).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const listed = (credentials = []) => credentials.map((each) => ({ ...each, id: bytes(each.id) }));

  const toCreate = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials),
  });

  const toGet = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: listed(options.allowCredentials),
  });

  const told = (credential) => {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach((name) => {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    });
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };

  const optionsOf = async (form) => {
    if (form.dataset.passkey !== "enter") return JSON.parse(form.dataset.options);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("no options");
    return (await answer.json()).request_options;
  };

  const ask = async (form) => {
    const { publicKey } = await optionsOf(form);
    if (form.dataset.passkey === "create") return navigator.credentials.create({ publicKey: toCreate(publicKey) });
    return navigator.credentials.get({ publicKey: toGet(publicKey) });
  };

  const send = async (event) => {
    event.preventDefault();
    const form = event.target;
    const said = form.querySelector("[data-passkey-said]");
    said.textContent = "";
    try {
      form.querySelector("[data-passkey-answer]").value = told(await ask(form));
      // Not form.submit: the page that asks again carries fields along, and one of them may bear that name.
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      said.textContent = form.dataset.failed;
    }
  };

  if (!window.PublicKeyCredential) return;
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    form.addEventListener("submit", send);
  });
})();
