// Buttons that decide something stay dead for half a second after the page came up, so that a double click that was meant for
// the page before, or for a window that just closed, decides nothing. One click is enough: the form is sent once.

for (const form of document.querySelectorAll("form[data-deciding]")) {
  const buttons = [...form.querySelectorAll("button")];
  let sent = false;
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  setTimeout(() => {
    for (const button of buttons) button.removeAttribute("aria-disabled");
  }, 500);
  form.addEventListener("submit", (event) => {
    if (sent || buttons[0].hasAttribute("aria-disabled")) event.preventDefault();
    else sent = true;
  });
  addEventListener("pageshow", () => {
    sent = false;
  });
}
