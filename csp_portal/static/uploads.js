// Sends each file as soon as it is chosen, one after the other, and shows how far it is. Without scripts files come
// with the form.
(() => {
  "use strict";

  const input = document.querySelector("input[type=file][data-upload]");
  if (!input) return;
  const form = input.form;
  const progress = document.getElementById("file-progress");

  const row = (file) => {
    const line = document.createElement("p");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `${input.dataset.told}: ${file.name}`);
    line.append(`${input.dataset.told}: ${file.name} `, bar);
    progress.append(line);
    return { line, bar };
  };

  const fail = (line, file) => {
    line.className = "text-danger";
    line.setAttribute("role", "alert");
    line.textContent = `${file.name}: ${input.dataset.failed}`;
  };

  // The answer is the list of files, with the reason where this one was refused: the reason stays while others follow.
  const showList = (text, line) => {
    const list = new DOMParser().parseFromString(text, "text/html").getElementById("file-list");
    if (!list) return false;
    line.replaceWith(...list.querySelectorAll("[role=alert]"));
    document.getElementById("file-list").replaceWith(list);
    return true;
  };

  // Whether the file was taken.
  const send = (file) => new Promise((done) => {
    const { line, bar } = row(file);
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.append("draft", form.elements.draft.value);
    body.append("files", file);
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => {
      if (!request.status || !showList(request.responseText, line)) fail(line, file);
      done(request.status === 200);
    });
    request.open("POST", input.dataset.upload);
    request.send(body);
  });

  // A form that is sent before its files are would be filed without them: it waits, and is sent then.
  let uploading = false;
  let waiting = null;
  form.addEventListener("submit", (event) => {
    if (!uploading) return;
    event.preventDefault();
    waiting = event.submitter;
    input.focus();
  });

  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = ""; // they must not come with the form again
    input.disabled = true;
    uploading = true;
    progress.replaceChildren();
    let taken = true;
    for (const file of files) taken = await send(file) && taken;
    uploading = false;
    input.disabled = false;
    input.focus();
    const submitter = waiting;
    waiting = null;
    if (submitter && taken) form.requestSubmit(submitter);
  });
})();
