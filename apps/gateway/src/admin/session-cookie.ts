const cookieName = "th_admin_session";

/** The session's secret from a Cookie header; null when there is none of its form. */
export function readSessionCookie(header: string | undefined): string | null {
  const pairs = (header ?? "").split(";").map((pair) => pair.trim().split("="));
  const value = pairs.find(([name]) => name === cookieName)?.[1];
  return value !== undefined && /^[0-9a-f]{64}$/.test(value) ? value : null;
}

/** The Set-Cookie value that signs a browser in. @param isSecure whether the browser came by HTTPS. */
export function formatSessionCookie(
  secret: string,
  options: { maxAgeSeconds: number; isSecure: boolean },
): string {
  const parts = [
    `${cookieName}=${secret}`,
    "Path=/admin",
    "HttpOnly",
    "SameSite=Strict",
    `Max-Age=${options.maxAgeSeconds}`,
    ...(options.isSecure ? ["Secure"] : []),
  ];
  return parts.join("; ");
}

/** The Set-Cookie value that signs it out. */
export function clearedSessionCookie(isSecure: boolean): string {
  return formatSessionCookie("", { maxAgeSeconds: 0, isSecure });
}
