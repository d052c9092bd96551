/** The part of Swagger UI that the reference page uses; the package brings no types. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export interface SwaggerRequest {
    url: string;
    method: string;
    headers: Record<string, string>;
    credentials?: RequestCredentials;
    loadSpec?: boolean;
  }

  export interface SwaggerSystem {
    specActions: { setMutatedRequest(path: string, method: string, request: SwaggerRequest): void };
    layoutActions: { show(path: string[], shown: boolean): void };
    React: typeof import('react');
  }

  export interface SwaggerOptions {
    domNode: HTMLElement;
    url: string;
    layout: string;
    validatorUrl: null;
    deepLinking: boolean;
    docExpansion: 'list' | 'none';
    tryItOutEnabled: boolean;
    displayRequestDuration: boolean;
    persistAuthorization: boolean;
    syntaxHighlight: false;
    defaultModelsExpandDepth: number;
    supportedSubmitMethods: string[];
    requestInterceptor(request: SwaggerRequest): SwaggerRequest | Promise<SwaggerRequest>;
    onComplete(): void;
    plugins: unknown[];
  }

  export default function SwaggerUI(options: SwaggerOptions): { getSystem(): SwaggerSystem };
}
