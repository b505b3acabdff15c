"""Asking the kernel of the notebook in front, past its cells."""

import json

ASK = """([code, seconds]) => new Promise(done => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  let told = '';
  const asked = kernel.requestExecute({code});
  asked.onIOPub = m => {
    if (m.header.msg_type === 'stream') told += m.content.text;
    if (m.header.msg_type === 'error') told += m.content.traceback.join('\\n');
  };
  asked.done.then(() => done(told));
  setTimeout(() => done('no answer'), 1000 * seconds);
})"""


def asked(page, code: str, seconds: float = 600):
    """Run `code` in the kernel of the notebook in front; return what it printed, as JSON."""
    told = page.evaluate(ASK, [code, seconds])
    try:
        return json.loads(told)
    except json.JSONDecodeError:
        raise AssertionError(told) from None
