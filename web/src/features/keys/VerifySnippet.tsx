import { CodeTabs } from '../../ui/CodeTabs';

const PYTHON = `import hmac, os

def is_from_weighbridge(headers):
    sent = headers.get("scale-callback-auth", "")
    return hmac.compare_digest(sent.encode(), os.environ["LIVE_CALLBACK_AUTH_KEY"].encode())`;

const NODE = `const { createHash, timingSafeEqual } = require('node:crypto');

const digest = (text) => createHash('sha256').update(text).digest();

function isFromWeighbridge(headers) {
  const sent = headers['scale-callback-auth'] ?? '';
  return timingSafeEqual(digest(sent), digest(process.env.LIVE_CALLBACK_AUTH_KEY));
}`;

/** How a receiver tells a callback of ours from somebody else's; both compare in constant time. */
export function VerifySnippet() {
  return (
    <CodeTabs
      what="check"
      codes={[
        { language: 'Python', text: PYTHON },
        { language: 'Node', text: NODE },
      ]}
    />
  );
}
