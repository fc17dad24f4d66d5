// Starts a live figure in a page without a kernel: the still picture makes room for it.
(async () => {
  const data = document.currentScript.previousElementSibling;
  const still = data.previousElementSibling;
  try {
    const { css, module, values, bytes } = JSON.parse(data.textContent);
    for (const [name, text] of Object.entries(bytes)) {
      const numbers = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      values[name] = new DataView(numbers.buffer);
    }
    const listeners = [];
    const model = {
      get: (name) => values[name],
      set(name, value) {
        values[name] = value;
        listeners.filter(([event]) => event === `change:${name}`).forEach(([, call]) => call());
      },
      on: (event, call) => listeners.push([event, call]),
      off: () => {},
      save_changes: () => {},
    };
    const address = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    const figure = (await import(address)).default;
    URL.revokeObjectURL(address);
    const el = document.createElement("div");
    const style = document.createElement("style");
    style.textContent = css;
    still.before(style, el);
    figure.render({ model, el });
    still.remove();
  } catch (error) {
    const sentence = document.createElement("p");
    sentence.setAttribute("role", "alert");
    sentence.textContent = `This figure cannot move here: ${error.message}`;
    still.after(sentence);
    console.error(error);
  }
})();
