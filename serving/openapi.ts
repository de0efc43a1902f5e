// GET /v1/openapi.json, made from the operation that each route carries in its config, and the page to try it, /docs. Fastify
// itself sees no schema: answers are written by the routes' own code, byte for byte, and input is held to its schema in
// query-parse.ts.
import swagger from '@fastify/swagger';
import swaggerPage from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { Operation } from '../api/operations.ts';
import packageJson from '../package.json' with { type: 'json' };
import { hoistSchemas } from './openapi-schemas.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How the route is documented; routes without one are none of the API. */
    readonly operation?: Operation;
  }
}

/** Of the page: everything from this server, nothing inline but the style attributes that its scripts set. */
const contentSecurityPolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'style-src-attr': "'unsafe-inline'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** To be called before the routes are made: it hears of each as it is. */
export function registerApiDocument(app: FastifyInstance, operation: Operation): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidemark',
        version: packageJson.version,
        description: packageJson.description,
        license: { name: packageJson.license, identifier: packageJson.license },
      },
      servers: [{ url: '/', description: 'this server' }],
      tags: [{ name: 'query' }, { name: 'operations' }],
      components: {
        securitySchemes: {
          operator: { type: 'http', scheme: 'bearer', description: 'the operator token, TIDEMARK_OPERATOR_TOKEN' },
        },
      },
    },
    transform: ({ route, url }) => ({ schema: { ...(route.config?.operation ?? { hide: true }) }, url }),
    transformObject: (made) => ('openapiObject' in made ? hoistSchemas(made.openapiObject) : made.swaggerObject),
  });
  void app.register(swaggerPage, {
    routePrefix: '/docs',
    uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, defaultModelsExpandDepth: 0 },
    theme: { title: 'Tidemark: the API' },
    staticCSP: contentSecurityPolicy,
  });
  void app.register(async (scope) => {
    let document: string | undefined;
    scope.get('/v1/openapi.json', { config: { operation } }, async (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      return reply.type('application/json; charset=utf-8').send(document);
    });
  });
}
