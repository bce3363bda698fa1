# nginx as the image of that name has it, from Debian: for machines that reach no registry.
FROM python:3.11-slim
RUN apt-get update -qq && apt-get install -qq -y nginx-light && rm -rf /var/lib/apt/lists/*
CMD ["nginx", "-g", "daemon off;"]
