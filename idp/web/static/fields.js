// A form that is sent with something missing tells all of it at once, in the page's language: a summary that has the focus and
// leads to each field, and at the field what is missing there. Without this the browser tells one thing at a time, in its own
// language. What the server found wrong with one field is tied to that field in the same way.

const texts = document.getElementById("field_faults").dataset;
const column = document.querySelector("main .govuk-grid-column-two-thirds") ?? document.querySelector("main");
const KINDS = { textarea: "govuk-textarea", select: "govuk-select", input: "govuk-input" };

function element(name, classes, text = "") {
  const made = document.createElement(name);
  made.className = classes;
  made.textContent = text;
  return made;
}

function isChoice(field) {
  return field.type === "radio" || field.type === "checkbox";
}

function named(field) {
  const legend = field.type === "radio" ? field.closest("fieldset")?.querySelector("legend") : null;
  return (legend ?? field.labels?.[0])?.textContent.trim() ?? field.getAttribute("aria-label") ?? "";
}

function fault(field) {
  if (!field.validity.valueMissing) return `${texts.wrong} ${named(field)}`;
  return `${isChoice(field) || ["select-one", "file"].includes(field.type) ? texts.choose : texts.missing} ${named(field)}`;
}

function tie(field, id) {
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== id);
  field.setAttribute("aria-describedby", [...described, id].join(" "));
  field.setAttribute("aria-invalid", "true");
  const kind = KINDS[field.localName];
  if (field.classList.contains(kind)) field.classList.add(`${kind}--error`);
}

function untie(form) {
  document.getElementById("field_summary")?.remove();
  for (const told of form.querySelectorAll("[data-told-of]")) {
    for (const field of form.querySelectorAll(`[aria-describedby~="${told.id}"]`)) {
      const left = field.getAttribute("aria-describedby").split(" ").filter((one) => one !== told.id);
      if (left.length > 0) field.setAttribute("aria-describedby", left.join(" "));
      else field.removeAttribute("aria-describedby");
      field.removeAttribute("aria-invalid");
      field.classList.remove(`${KINDS[field.localName]}--error`);
    }
    told.closest(".govuk-form-group--error")?.classList.remove("govuk-form-group--error");
    told.remove();
  }
}

function tell(field, number, words) {
  field.id ||= `field_${number}`;
  const told = element("p", "govuk-error-message", words);
  told.id = `${field.id}_fault`;
  told.dataset.toldOf = field.id;
  const choices = field.closest(".govuk-radios, .govuk-checkboxes, .app-tick");
  (choices ?? field).before(told);
  told.closest(".govuk-form-group")?.classList.add("govuk-form-group--error");
  const same = field.type === "radio" ? [...field.form.elements].filter((one) => one.name === field.name) : [field];
  for (const one of same) tie(one, told.id);
  return told;
}

function summary(fields) {
  const box = element("div", "govuk-error-summary");
  box.id = "field_summary";
  box.tabIndex = -1;
  const title = element("h2", "govuk-error-summary__title", texts.title);
  const list = element("ul", "govuk-list govuk-error-summary__list");
  for (const [number, field] of fields.entries()) {
    const link = element("a", "app-link-tall", tell(field, number, fault(field)).textContent);
    link.href = `#${field.id}`;
    const line = document.createElement("li");
    line.append(link);
    list.append(line);
  }
  const body = element("div", "govuk-error-summary__body");
  body.append(list);
  box.append(title, body);
  return box;
}

function firstOfEach(fields) {
  return fields.filter((field, at) => field.type !== "radio" || fields.findIndex((one) => one.name === field.name) === at);
}

function firstOfName(fields) {
  return fields.filter((field, at) => fields.findIndex((one) => one.name.split("-")[0] === field.name.split("-")[0]) === at);
}

for (const form of document.querySelectorAll("form")) {
  if (form.querySelector("[required]") !== null) form.noValidate = true;
}

// before whoever else listens: a form that is not sent was not decided
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.noValidate || form.querySelector("[required]") === null || event.submitter?.formNoValidate) return;
    untie(form);
    const wrong = firstOfEach([...form.elements].filter((field) => field.willValidate && !field.validity.valid));
    if (wrong.length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const told = summary(wrong);
    column.prepend(told);
    if (!document.title.startsWith(texts.word)) document.title = `${texts.word} ${document.title}`;
    told.focus();
  },
  true,
);

// a page with the same field in several forms says nothing at them when it cannot be told which one was sent
function sentForm(forms) {
  const sent = forms.filter((form) => new URL(form.action).pathname === location.pathname);
  const likely = sent.length > 0 ? sent : forms;
  return likely.length === 1 ? likely[0] : null;
}

for (const alert of document.querySelectorAll("[role=alert][data-fields]")) {
  const names = alert.dataset.fields.split(" ");
  const isNamed = (field) =>
    field.willValidate && names.some((name) => field.name === name || field.name.startsWith(`${name}-`));
  const form = sentForm([...document.querySelectorAll("main form")].filter((one) => [...one.elements].some(isNamed)));
  const list = element("ul", "govuk-list");
  for (const [number, field] of (form === null ? [] : firstOfName([...form.elements].filter(isNamed))).entries()) {
    tell(field, number, alert.querySelector("h2").textContent);
    const link = element("a", "govuk-link app-link-tall", `${texts.wrong} ${named(field)}`);
    link.href = `#${field.id}`;
    const line = document.createElement("li");
    line.append(link);
    list.append(line);
  }
  if (list.childElementCount > 0) {
    for (const lead of alert.querySelectorAll("[data-leads]")) lead.remove();
    alert.querySelector("p:last-child").before(list);
  }
  document.title = `${texts.word} ${document.title}`;
}
