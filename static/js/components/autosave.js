// A form with a line data-autosave is saved by itself a moment after its words changed, beside its own Save button.
// One request at a time; what was typed meanwhile goes with the next. It rests when somebody else has saved the same,
// and never takes a word from the page. Its sentences stand in the line's data attributes; the portal tells the others.
(() => {
  const MOMENT = 1500;
  const TRY_AGAIN = 10000;
  const MOST_AT_LEAVING = 60000; // bytes that a browser still sends of a page that is being left
  const OWN = ["csrfmiddlewaretoken", "seen", "was"];

  const watch = (line) => {
    const form = line.closest("form");
    const [said, more, busy] = ["said", "more", "busy"].map((name) => line.querySelector(`[data-autosave-${name}]`));
    const missing = document.querySelector("[data-autosave-missing]");
    const fields = () => new URLSearchParams(new FormData(form));
    const words = () => {
      const written = fields();
      OWN.forEach((name) => written.delete(name));
      return written.toString();
    };
    // A row is nothing before there is a word in it.
    const isNothing = () => line.dataset.needsWords
      && ![...form.elements].some((box) => ["text", "textarea"].includes(box.type) && box.value.trim());
    let kept = words();
    let onItsWay = "";
    let running = null;
    let timer = 0;
    let state = "well"; // well | trouble | resting
    let leaving = false;
    let saveWaits = false;

    // The same words again would be read out again.
    const tell = (text, extra = null) => {
      line.classList.toggle("autosave--trouble", state !== "well");
      if (said.textContent !== text) said.textContent = text;
      more.replaceChildren(...(extra ? [extra] : []));
    };

    const button = (text) => {
      const made = document.createElement("button");
      Object.assign(made, { type: "submit", className: "btn btn-secondary btn-sm", textContent: text });
      return made;
    };

    const later = (wait) => {
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    };

    const ask = (options) => fetch(form.action || window.location.href, {
      redirect: "manual",
      headers: { "X-Autosave": "1", "X-Requested-With": "XMLHttpRequest" },
      ...options,
    });

    // What somebody else wrote in other boxes meanwhile is shown here too, else the next saving would undo it.
    // False where one of these boxes was written in while the answer was on its way: both wordings are asked about then.
    const fill = (sent, taken) => {
      const as = new URLSearchParams(sent);
      const boxes = Object.keys(taken).map((name) => form.elements[name]).filter(Boolean);
      if (boxes.some((box) => box.type !== "checkbox" && box.value !== as.get(box.name))) return false;
      boxes.forEach((box) => {
        if (box.type === "checkbox") box.checked = Boolean(taken[box.name]);
        else box.value = taken[box.name];
      });
      return true;
    };

    const takeKept = (sent, told) => {
      kept = sent;
      state = "well";
      if (fill(sent, told.taken)) {
        form.elements.seen.value = told.seen;
        form.elements.was.value = told.was;
      }
      if (told.url) form.action = told.url;
      // Not while Save waits for this answer: it leads away by itself.
      if (told.url && !saveWaits) window.history.replaceState(null, "", told.url);
      if (missing) missing.innerHTML = told.missing;
      tell(told.said);
    };

    const rest = (told) => {
      state = "resting";
      tell(told.said, told.is_gone ? null : button(line.dataset.both));
    };

    // Who came in again meanwhile has another token: the page, asked for anew, brings it.
    const freshToken = async () => {
      const answer = await ask({ method: "GET" });
      const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
      const token = page.querySelector("main [name=csrfmiddlewaretoken]");
      if (token) form.elements.csrfmiddlewaretoken.value = token.value;
      return Boolean(token);
    };

    const take = async (answer, sent) => {
      const isOurs = (answer.headers.get("Content-Type") || "").startsWith("application/json");
      if (answer.ok && isOurs) return takeKept(sent, await answer.json());
      if (answer.status === 409 && isOurs) return rest(await answer.json());
      const wasWell = state === "well";
      state = "trouble";
      if (answer.status === 422 && isOurs) return tell((await answer.json()).said);
      if (answer.status === 403 && await freshToken() && wasWell) return later(0);
      // Signed out, or in for too long: Save asks who it is, and takes the words along.
      return tell([0, 401].includes(answer.status) ? line.dataset.prove : line.dataset.failed);
    };

    const go = async (sent, body) => {
      try {
        await take(await ask({ method: "POST", body, keepalive: body.toString().length < MOST_AT_LEAVING }), sent);
      } catch {
        state = "trouble";
        tell(line.dataset.offline);
        later(TRY_AGAIN);
      }
    };

    const save = () => {
      clearTimeout(timer);
      const sent = words();
      if (running || leaving || state === "resting" || sent === kept || isNothing()) return;
      onItsWay = sent;
      busy.hidden = false;
      running = go(sent, fields()).finally(() => {
        running = null;
        onItsWay = "";
        busy.hidden = true;
        if (state === "well" && words() !== kept) later(MOMENT);
      });
    };

    form.addEventListener("input", () => later(MOMENT));
    form.addEventListener("change", () => later(MOMENT));

    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      if (running) {
        // Else the two would be taken for two people.
        event.preventDefault();
        saveWaits = true;
        running.then(() => form.requestSubmit());
      } else {
        leaving = true;
      }
    });

    document.addEventListener("visibilitychange", save);
    window.addEventListener("pageshow", () => { leaving = false; });

    window.addEventListener("beforeunload", (event) => {
      if (leaving || words() === kept || isNothing()) return;
      if (state === "well") save();
      if (onItsWay !== words() || state !== "well") event.preventDefault();
    });

    line.hidden = false;
    said.textContent = line.dataset.ready;
  };

  document.querySelectorAll("[data-autosave]").forEach(watch);
})();
