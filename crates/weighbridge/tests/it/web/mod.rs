mod audit;
mod home;
mod keys;
mod labeling;
mod pages;
mod sessions;
