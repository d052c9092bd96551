/** The full reference, by Swagger UI (docs/decisions/0004). This module is a chunk of its own. */
import SwaggerUI, { type SwaggerRequest, type SwaggerSystem } from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';
import './reference.css';
import { basicSteps, keyProblem } from './basic-auth';
import { readerKey } from './reader-key';
import { hasAgreedToCharges, isLiveKey } from './try-it';

export interface Reference {
  /** Opens the operation with this anchor and scrolls to it. */
  goTo(anchor: string): void;
  end(): void;
}

interface ReferenceOptions {
  /** Asks whether a live task may be made; resolves with the answer. */
  askForCharge(): Promise<boolean>;
  onShown(): void;
}

export function showReference(element: HTMLElement, { askForCharge, onShown }: ReferenceOptions): Reference {
  // Swagger UI is a React application of its own, so it gets an element of its own: ending it is leaving that.
  const domNode = document.createElement('div');
  domNode.id = 'reference';
  element.replaceChildren(domNode);
  const stopFollowing = followTheme();
  const stopMending = mendNames(domNode);

  let executed: ExecutedOperation | null = null;

  async function prepare(request: SwaggerRequest): Promise<SwaggerRequest> {
    if (request.loadSpec) return request;
    // No cookie, and no log-in dialog of the browser when the server answers 401 with a challenge.
    request.credentials = 'omit';
    const refusal = await refusalOf(request, askForCharge);
    if (refusal) {
      // The library draws a refusal beside the request, which it knows only from here.
      if (executed) ui.getSystem().specActions.setMutatedRequest(executed.pathName, executed.method, request);
      throw new Error(refusal);
    }
    request.headers.Authorization = basicSteps(readerKey()).header;
    return request;
  }

  const ui = SwaggerUI({
    domNode,
    url: '/openapi.json',
    layout: 'OwnLayout',
    validatorUrl: null,
    deepLinking: false,
    docExpansion: 'list',
    tryItOutEnabled: true,
    displayRequestDuration: true,
    persistAuthorization: false,
    syntaxHighlight: false,
    defaultModelsExpandDepth: -1,
    supportedSubmitMethods: ['get', 'post', 'put', 'delete'],
    requestInterceptor: prepare,
    onComplete: onShown,
    plugins: [
      ownWords,
      {
        statePlugins: {
          spec: {
            wrapActions: {
              executeRequest:
                (execute: (operation: ExecutedOperation) => unknown) => (operation: ExecutedOperation) => {
                  executed = operation;
                  return execute(operation);
                },
            },
          },
        },
      },
    ],
  });

  return {
    goTo(anchor) {
      const [, tag = '', operationId = ''] = /^operations-([^-]+)-(.+)$/.exec(anchor) ?? [];
      if (operationId === '') return;
      ui.getSystem().layoutActions.show(['operations', tag, operationId], true);
      scrollWhenDrawn(anchor);
    },
    end() {
      stopFollowing();
      stopMending();
      domNode.remove();
    },
  };
}

interface ExecutedOperation {
  pathName: string;
  method: string;
}

/** Why a request is not sent, or null. */
async function refusalOf(
  request: SwaggerRequest,
  askForCharge: () => Promise<boolean>,
): Promise<string | null> {
  const key = readerKey();
  const problem = keyProblem(key);
  if (problem) return `${problem} The field is at the top of this page.`;
  const charged = request.method === 'POST' && /\/v1\/task\/[a-z]+$/.test(new URL(request.url).pathname);
  if (!charged || hasAgreedToCharges(key) || !(await isLiveKey(key, window.location.origin))) return null;
  return (await askForCharge()) ? null : 'Not sent: it would have made a real task.';
}

/** The operation opens in the library's own time. */
function scrollWhenDrawn(id: string): void {
  const found = document.getElementById(id);
  if (found) {
    found.scrollIntoView();
    return;
  }
  const observer = new MutationObserver(() => {
    const drawn = document.getElementById(id);
    if (!drawn) return;
    observer.disconnect();
    drawn.scrollIntoView();
  });
  observer.observe(document.body, { childList: true, subtree: true });
}

/** Gives the library's fields and tables the names that they lack, and lets keys reach its scrolling texts. */
function mendNames(element: HTMLElement): () => void {
  const mend = () => {
    for (const field of element.querySelectorAll('.body-param__text:not([aria-label])')) {
      field.setAttribute('aria-label', 'Body');
    }
    for (const field of element.querySelectorAll(
      '[data-param-name] :is(input, select, textarea):not([aria-label])',
    )) {
      const name = field.closest('[data-param-name]')?.getAttribute('data-param-name') ?? '';
      field.setAttribute('aria-label', name);
    }
    for (const text of element.querySelectorAll('pre:not([tabindex])')) text.setAttribute('tabindex', '0');
    for (const table of element.querySelectorAll('table[role="region"]:not([aria-label])')) {
      const operation = table.closest('.opblock')?.querySelector('.opblock-summary-path')?.textContent ?? '';
      const method = table.closest('.opblock')?.querySelector('.opblock-summary-method')?.textContent ?? '';
      table.setAttribute('aria-label', `Answers of ${method} ${operation}`);
    }
  };
  const observer = new MutationObserver(mend);
  observer.observe(element, { childList: true, subtree: true });
  return () => observer.disconnect();
}

/** Swagger UI's dark look hangs on a class of the page. */
function followTheme(): () => void {
  const page = document.documentElement;
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const dark = page.dataset.theme ? page.dataset.theme === 'dark' : system.matches;
    page.classList.toggle('dark-mode', dark);
  };
  apply();
  system.addEventListener('change', apply);
  return () => {
    system.removeEventListener('change', apply);
    page.classList.remove('dark-mode');
  };
}

/** Our word for its button, and a layout of the operations alone: the page has its own title and its own key field. */
function ownWords({ React }: SwaggerSystem) {
  type Component = new (props: object) => React.Component;
  interface LayoutProps {
    getComponent(name: string, isContainer: true): React.ComponentType;
  }
  return {
    components: {
      // biome-ignore lint/correctness/noComponentHookFactories: it is made once, and only with the library's own React
      OwnLayout: ({ getComponent }: LayoutProps) =>
        React.createElement(
          'div',
          { className: 'swagger-ui' },
          React.createElement(getComponent('errors', true)),
          React.createElement(getComponent('operations', true)),
        ),
    },
    wrapComponents: {
      execute: (Original: Component) =>
        class extends Original {
          override render() {
            return React.cloneElement(super.render() as React.ReactElement, {}, 'Try it!');
          }
        },
      authorizeOperationBtn: () => () => null,
    },
  };
}
