// Asks one address as a customer does. Anything below 400 is an answer: a page
// behind a sign-in redirects.
const synthetics = require("Synthetics");

exports.handler = async () => {
  const url = new URL(process.env.TARGET);
  await synthetics.executeHttpStep(
    "answers",
    {
      hostname: url.hostname,
      port: 443,
      protocol: "https:",
      method: "GET",
      path: url.pathname,
      headers: { "User-Agent": synthetics.getCanaryUserAgentString() },
    },
    async (answer) => {
      if (answer.statusCode >= 400) {
        throw new Error(`${answer.statusCode} ${answer.statusMessage}`);
      }
    },
    { includeRequestHeaders: false, includeResponseBody: false },
  );
};
