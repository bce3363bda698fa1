// Ways for a photo to come in: chosen, dropped, pasted.

const LONG_SIDE = 1024;

// Calls `receive` with the promise of a small file.
export function onPhoto(input, target, receive) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // a file that is refused must not go along with the next words
    if (file) receive(shrink(file));
  });
  document.addEventListener("paste", (event) => {
    const file = imageIn(event.clipboardData);
    if (file) receive(shrink(file));
  });
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (carriesFile(event)) target.hidden = false;
  });
  document.addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
  target.addEventListener("dragleave", () => (target.hidden = true));
  document.addEventListener("drop", (event) => {
    target.hidden = true;
    if (!carriesFile(event)) return;
    event.preventDefault();
    const file = imageIn(event.dataTransfer) ?? event.dataTransfer.files[0];
    if (file) receive(shrink(file));
  });
}

function imageIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
}

// A phone's photo has far more pixels than a search can use; sending fewer is faster. What the
// browser cannot read goes as it is, and the service says what is wrong with it.
async function shrink(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = LONG_SIDE / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  } catch {
    return file;
  }
}
