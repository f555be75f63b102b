"""Layer types that Caffe's forks added, each with the fork that it comes from."""
