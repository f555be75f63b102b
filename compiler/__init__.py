"""The PyTorch back end of netspec: graphs become modules that compute what Caffe computes."""
