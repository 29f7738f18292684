// Suggests organisations while a name is typed; without it, the page asks after "Save and continue".

import accessibleAutocomplete from "accessible-autocomplete";

const SHORTEST = 2;
const PAUSE = 250; // milliseconds without a letter before the portal is asked

const typed = document.querySelector("input[data-suggestions]");

if (typed && document.body.classList.contains("govuk-frontend-supported")) {
  suggestFor(typed);
}

function suggestFor(input) {
  const { suggestions, sector, hint } = input.dataset;
  const describedBy = (input.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
  const place = document.createElement("div");
  place.className = [...input.classList].filter((name) => name.startsWith("govuk-!-width")).join(" ");
  const source = posting(suggestions, sector, input.form.querySelector("[name=csrfmiddlewaretoken]").value);

  const wasTypedIn = document.activeElement === input;
  input.after(place);
  input.remove();
  accessibleAutocomplete({
    element: place,
    id: input.id,
    name: input.name,
    defaultValue: input.value,
    inputClasses: input.className,
    minLength: SHORTEST,
    confirmOnBlur: false,
    showNoOptionsFound: false,
    displayMenu: "overlay",
    source,
    templates: {
      inputValue: (each) => (typeof each === "string" ? each : each ? each.name : ""),
      suggestion: (each) => (typeof each === "string" ? escaped(each) : shown(each)),
    },
    tAssistiveHint: () => hint,
  });

  const box = place.querySelector("input");
  for (const name of ["spellcheck", "maxlength"]) {
    if (input.hasAttribute(name)) box.setAttribute(name, input.getAttribute(name));
  }
  keepDescribed(box, describedBy);
  if (wasTypedIn) {
    // Whoever began before this script ran goes on where they were.
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }
}

// The hint and the error stay tied to the box, whatever the component ties to it.
function keepDescribed(box, ids) {
  const tie = () => {
    const now = (box.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
    const all = [...ids, ...now.filter((id) => !ids.includes(id))].join(" ");
    if (ids.length && box.getAttribute("aria-describedby") !== all) {
      box.setAttribute("aria-describedby", all);
    }
  };
  new MutationObserver(tie).observe(box, { attributes: true, attributeFilter: ["aria-describedby"] });
  tie();
}

// Posted, so that what is typed stands in no address. An answer that comes too late is dropped.
function posting(url, sector, token) {
  let newest = 0;
  let timer;
  return (words, show) => {
    const mine = ++newest;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      let found = [];
      try {
        const body = new URLSearchParams({ organisation: words, sector });
        const headers = { "X-CSRFToken": token };
        const answer = await fetch(url, { method: "POST", body, headers, redirect: "error" });
        if (answer.ok) found = (await answer.json()).suggestions;
      } catch {
        found = []; // typing goes on without suggestions
      }
      if (mine === newest) show(found);
    }, PAUSE);
  };
}

function shown(each) {
  const group = each.group ? `<span class="autocomplete__option-more">${escaped(each.group)}</span>` : "";
  return escaped(each.name) + group;
}

function escaped(words) {
  const text = document.createElement("span");
  text.textContent = words;
  return text.innerHTML;
}
