mod labeling;
mod pages;
mod sessions;
