/** Bad input. The message is one sentence that names the file or value and says what to do. */
export class UserError extends Error {
  name = "UserError";
}
