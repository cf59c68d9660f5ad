/** Text that may stand in an HTTP header: printable ASCII, at most `maximumLength` characters (cut ones end in `...`). */
export function headerText(text: string, maximumLength: number): string {
  const printable = text.replaceAll(/[^\u0020-\u007e]/g, "?");
  return printable.length <= maximumLength ? printable : `${printable.slice(0, maximumLength - 3)}...`;
}
