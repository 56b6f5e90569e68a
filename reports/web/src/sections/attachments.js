// What is kept with the results, such as the generated configuration of a proxy: to be read, copied
// and run elsewhere.

import {breakable, h, section} from '../dom.js';

export function attachments(model) {
  const all = model.variants.flatMap((variant) => variant.attachments.map(
      ({name, text}) => ({variant, name: String(name ?? 'file'), text: String(text ?? '')})));
  if (all.length === 0) return null;
  return section('attachments', 'Kept with the results',
                 'What the run generated, as it was used.', all.map(file));
}

function file({variant, name, text}) {
  const code = h('code', {}, text);
  return h('details', {class: 'file'},
           h('summary', {}, h('code', {}, name), ' ', h('span', {class: 'aside'}, breakable(variant.label))),
           h('div', {class: 'file-body'}, copyButton(code), h('pre', {tabindex: '0'}, code)));
}

// Where the browser allows no access to the clipboard the text is selected, one keystroke away.
function copyButton(code) {
  const button = h('button', {type: 'button', class: 'copy'}, 'Copy');
  const say = (text) => {
    button.textContent = text;
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  };
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      say('Copied');
    } catch {
      getSelection().selectAllChildren(code);
      say('Selected: press Ctrl+C');
    }
  });
  return button;
}
