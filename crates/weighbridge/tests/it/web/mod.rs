mod audit;
mod keys;
mod labeling;
mod pages;
mod sessions;
