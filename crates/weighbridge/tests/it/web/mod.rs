mod getting_in;
mod headers;
mod labeling;
mod pages;
mod passwords;
mod sessions;
