// A chosen file goes into the box below it: it is sent as any other text, and nowhere else before that.

for (const group of document.querySelectorAll("[data-file-to]")) {
  const box = document.getElementById(group.dataset.fileTo);
  group.hidden = false;
  group.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) {
      box.value = (await file.text()).slice(0, box.maxLength);
      box.focus();
    }
  });
}
