// Conveniences only: every page works without this file.
"use strict";

const status = document.getElementById("status");
const form = document.querySelector("form.ask");
const question = document.getElementById("question");

// Asking: say at once that the question is being read, and keep what was left blank out of the permalink.

const button = form?.querySelector("[data-pending]");
const ask = button?.textContent;

function setPending(isPending) {
  if (!button) return;
  button.textContent = isPending ? button.dataset.pending : ask;
  button.toggleAttribute("aria-disabled", isPending);
  status.textContent = isPending ? button.dataset.pending : "";
}

form?.addEventListener("submit", (event) => {
  if (button.hasAttribute("aria-disabled")) event.preventDefault();
  else setPending(true);
});
form?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("a[data-pending]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) setPending(true);
});
// A page that Back brings out of the browser's memory is no longer waiting for anything.
addEventListener("pageshow", () => setPending(false));

// The question field: Enter asks, Shift+Enter breaks the line, and the limit shows before it is reached.

question?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
question?.addEventListener("input", () => {
  const left = Number(question.dataset.limit) - [...question.value].length;
  const count = form.querySelector(".count");
  count.textContent = left < 0 ? `${-left} too many.` : left <= 100 ? `${left} left.` : "";
  count.classList.toggle("over", left < 0);
});

// Keys: / goes to the question or the search, Escape leaves it, folds the filters, or gives up waiting.

addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("input, textarea, select");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = question ?? document.getElementById("search");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape") {
    setPending(false);
    const filters = event.target.closest?.("details[open]");
    if (filters) {
      filters.open = false;
      filters.querySelector("summary").focus();
    } else if (isTyping) event.target.blur();
  }
});

// Copying the permalink.

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // Over plain HTTP, or where the reader said no, there is no clipboard.
  }
}

for (const copier of document.querySelectorAll("[data-copy]")) {
  copier.hidden = false;
  copier.addEventListener("click", async () => {
    const link = new URL(copier.dataset.copy, location.href).href;
    const isCopied = await copied(link);
    copier.parentElement.querySelector("[role=status]").textContent = isCopied ? "Copied." : `Copy this: ${link}`;
  });
}

// Answer and evidence light each other up.

function light({ target }) {
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  const marker = target.closest?.(".marker");
  const citation = marker ? document.querySelector(marker.hash) : target.closest?.(".citation");
  if (!citation) return;
  citation.classList.add("lit");
  for (const other of document.querySelectorAll(`.marker[href="#${citation.id}"]`)) other.classList.add("lit");
}
document.addEventListener("pointerover", light);
document.addEventListener("focusin", light);

// A job: its progress as it comes about, and at its end the page that tells what became of it.

for (const job of document.querySelectorAll("[data-events]")) {
  const events = new EventSource(job.dataset.events);
  const bar = job.querySelector("progress");
  events.addEventListener("progress", ({ data }) => {
    const { done, total, what } = JSON.parse(data);
    if (!total) return;
    bar.max = total;
    bar.value = done;
    job.querySelector("[data-told]").textContent = `${done} of ${total} read, the last of them ${what}`;
  });
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
}
