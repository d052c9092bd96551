mod authentication;
mod bad_input;
mod batches;
mod modes;
mod openapi;
mod projects;
mod routes;
mod tasks;
