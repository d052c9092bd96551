//! A router that knows its routes. Who may call which is a table in a test
//! (`tests/it/web/permissions.rs`), and the list made here is what that table is compared with, so
//! that no route is forgotten. Routes under `/web` are made by this and by nothing else.

use std::sync::Arc;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::MethodRouter;

use crate::app::App;

/// Routes and their list.
#[derive(Default)]
pub struct Router {
    inner: axum::Router<Arc<App>>,
    list: Vec<(Method, &'static str)>,
}

/// Handlers of one path, by method.
pub struct Methods {
    inner: MethodRouter<Arc<App>>,
    list: Vec<Method>,
}

macro_rules! methods {
    ($($name:ident $method:ident,)*) => {
        $(
            /// A path's handler of one method.
            pub fn $name<H, T>(handler: H) -> Methods
            where
                H: Handler<T, Arc<App>>,
                T: 'static,
            {
                Methods {
                    inner: axum::routing::$name(handler),
                    list: vec![Method::$method],
                }
            }
        )*

        impl Methods {
            $(
                /// A further method of the same path.
                #[must_use]
                pub fn $name<H, T>(mut self, handler: H) -> Self
                where
                    H: Handler<T, Arc<App>>,
                    T: 'static,
                {
                    self.inner = self.inner.$name(handler);
                    self.list.push(Method::$method);
                    self
                }
            )*
        }
    };
}

methods! {
    get GET,
    post POST,
    put PUT,
    patch PATCH,
    delete DELETE,
}

impl Router {
    /// No routes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path.
    #[must_use]
    pub fn route(mut self, path: &'static str, methods: Methods) -> Self {
        self.list
            .extend(methods.list.into_iter().map(|method| (method, path)));
        self.inner = self.inner.route(path, methods.inner);
        self
    }

    /// Adds another noun's routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        self.inner = self.inner.merge(other.inner);
        self
    }

    /// The router that serves, and the list.
    pub fn into_parts(self) -> (axum::Router<Arc<App>>, Vec<(Method, &'static str)>) {
        (self.inner, self.list)
    }
}
