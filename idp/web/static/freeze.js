// The link of a letter stands behind the # of the address, which browsers send to nobody: it goes into the form from here.

if (location.hash.length > 1) {
  document.getElementById("link").value = location.hash.slice(1);
  document.getElementById("link").closest(".govuk-form-group").hidden = true;
  const language = document.getElementById("language");
  language?.setAttribute("href", language.href + location.hash);
}
