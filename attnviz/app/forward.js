let give;
const code = new Promise((resolve) => (give = resolve));
export default ({ parentElement, data, setTriggerValue }) => {
  const end = data.indexOf(10);
  const said = JSON.parse(new TextDecoder().decode(data.subarray(0, end)));
  const bytes = data.slice(end + 1);
  if (said.kind === "code") give(import(URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }))));
  else code.then(({ take }) => take(parentElement, said, bytes, (told) => setTriggerValue("told", told)));
  return () => code.then(({ leave }) => leave(parentElement));
};
