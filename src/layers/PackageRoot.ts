/** Where this package is installed. Two levels up in `src` and in `dist`, and where the command line is bundled. */
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../", import.meta.url))
