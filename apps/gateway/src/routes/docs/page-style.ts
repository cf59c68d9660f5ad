/** The page's only style sheet; its hash is part of the content security policy. */
export const pageStyle = `
:root { color-scheme: light dark; --text: #1c1f24; --muted: #5c6470; --line: #d9dde3; --page: #ffffff; --panel: #f4f6f8; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e7eb; --muted: #9aa4b1; --line: #343a43; --page: #15181c; --panel: #1e2228; --accent: #7db7f5; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5 { line-height: 1.25; margin: 1.5em 0 0.5em; }
h1 { margin-top: 0; }
h2 { border-bottom: 1px solid var(--line); padding-bottom: 0.3rem; margin-top: 3rem; }
h5 { margin: 1em 0 0.4em; font-size: 0.9rem; }
a { color: var(--accent); }
code, pre { font: 0.9em/1.5 ui-monospace, monospace; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.8rem 1rem; white-space: pre-wrap; }
article { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0 1rem 1rem; margin: 1.25rem 0; }
.version, .parents, .note { color: var(--muted); }
.method { display: inline-block; background: var(--accent); color: var(--page); border-radius: 0.3rem; padding: 0.1rem 0.5rem; font-size: 0.8em; }
nav ul { list-style: none; padding-left: 0; }
nav li { margin: 0.3rem 0; }
details { border-top: 1px solid var(--line); padding: 0.5rem 0; }
summary { cursor: pointer; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.8rem 0.35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--muted); font-weight: 600; }
td:nth-child(3) { color: var(--muted); white-space: nowrap; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: block; padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; padding: 0.1rem 0; border: 0; }
  td:empty { display: none; }
}
@media print { details::details-content { display: block; content-visibility: visible; } }
`;
