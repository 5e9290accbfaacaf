"""The one inline script of every component: it finds the app and calls a module of ui/static.

Components v2 take their script as text. This one is small: it imports a module and hands it the
component object, with `base`, the address of the app.
"""

# The page may lie below a prefix and under a path of its own: Streamlit's own bundle says where
# the app is. Data that is no bytes comes in a list: of a dictionary, Streamlit asks pandas whether
# each value is a data frame, and loading pandas costs the process half a second and 60 MB.
_SCRIPT = """
const bundle = [...document.scripts]
  .map((script) => script.src)
  .find((src) => /\\/static\\/js\\/index\\./.test(src));
const base = bundle
  ? bundle.replace(/static\\/js\\/index\\..*$/, '')
  : new URL('.', document.baseURI).href;

export default function ({ data: sent, ...rest }) {
  const component = { ...rest, base, data: Array.isArray(sent) ? sent[0] : sent };
  const mounted = import(new URL('app/static/MODULE', base).href).then((view) =>
    view.mount(component)
  );
  mounted.catch((error) => console.error('MODULE cannot be loaded', error));
  return () => mounted.then((release) => release?.(), () => {});
}
"""


def loader(module: str) -> str:
    """The script that has a module of ui/static, which exports `mount(component)`, do the work.

    What `mount` returns is called when Streamlit lets go of the component.
    """
    return _SCRIPT.replace("MODULE", module)
